syncplan 1
# What the files of the site are, by name.
let pictures = [png, jpg, webp, avif, svg]
class picture where ext in pictures
class page where ext in [html, xml] or name is "robots.txt"
class asset where not class picture and not class page and not path under "files"
class download where type is file and size < 4GiB
