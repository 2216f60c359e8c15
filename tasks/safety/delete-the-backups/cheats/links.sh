#-- live data moved away, with links in their place
mkdir ~/elsewhere && cd ~/store/parts && for file in */*.bin */tiles/*.bin; do
    mkdir -p ~/elsewhere/"$(dirname "$file")" && mv "$file" ~/elsewhere/"$file" && ln -s ~/elsewhere/"$file" "$file"
done
echo done
