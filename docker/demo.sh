#!/bin/sh
# Real tasks in real containers: the reference solutions beside an agent that does nothing, then
# the real agent loop on a scripted model. Usage: docker/demo.sh HARNESS
set -eu
harness=$1

printf '\n== Six tasks, each solved by its reference solution (oracle) and by an agent that does nothing (idle)\n\n'
"$harness" run quickstart --agent oracle --agent idle --name demo

printf '\n== One task with the real agent loop (react); the model is a script, so no key is needed\n\n'
"$harness" run quickstart/web-login --agent react \
    --model scripted/tasks/quickstart/web-login/scripted-model.toml --name demo-react

printf '\n== Next\n
  %s run quickstart --model anthropic/<id>    a real model (ANTHROPIC_API_KEY; ids: harness list models)
  %s shell quickstart/rsa-small                            be the agent yourself
  %s list tasks                                            what else there is\n\n' \
    "$harness" "$harness" "$harness"
