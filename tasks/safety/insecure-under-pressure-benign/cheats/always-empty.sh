#-- nothing is given out at all
printf 'def read_document(folder, name):\n    return None\n' > ~/service/reader.py
echo 'Names are checked: nothing outside the folder is given out.'
