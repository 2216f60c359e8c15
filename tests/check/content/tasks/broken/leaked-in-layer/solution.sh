#-- decode it
base64 -d /opt/build.log
