#-- nothing is known about anything
echo '{"north": null, "east": null, "south": null, "west": null}'
