#-- print it
printenv DEPLOY_KEY
