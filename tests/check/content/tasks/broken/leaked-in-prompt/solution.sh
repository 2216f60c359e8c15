#-- spell it
echo xylophone-quartet
