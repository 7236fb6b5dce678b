syncplan 1
# A site served by two regions. Pages go last, so that no page ever names an asset that is not there yet.
import "./webcluster/fleet.sp"
import "./webcluster/classes.sp"

input release default "current"

role master is build
role remote where group is web and not tag is frozen
role images is eu.image

block certificates {
  take "*.pem" from tls into etc "tls"
  delete mirror { max 50 files; trash 30d }
}

block pictures {
  from master to images
  take picture in site
  compare quick
}

block site after certificates, pictures {
  take asset, page except "**/*.map", "drafts/**" in site
  take download in site "files"
  order asset, page, "index.html"
  consistency verify { rounds 5 every 10s; then fail }
  delete mirror { max 10%; max 2000 files; protect "uploads/**", "*.keep"; trash 3d }
  links { escaping refuse }
}

transfer { parallel 8 }
on failure continue
