syncplan 1
fleet {
  host build at local { root www "./dist" }
  region eu {
    root www "/srv/www"
    group web {
      host web-01 at "10.0.1.11"
      host web-02 at "10.0.1.12"
      host web-03 at "10.0.1.13"
    }
  }
}
role master is build
role edge is web-01
role shops is web-02, web-03
block pages {
  from master to edge
  take "*.html" in www
}
block sheets {
  from master to edge
  take "*.css" in www
}
block on after pages {
  from edge to shops
  take "*.html", "*.css" in www
}
