syncplan 1
fleet {
  host build at local { root www "./dist" }
  host web-01 at "10.0.1.11" { root www "/srv/www" }
}
role master is build
role remote is web-01
block app {
  take all in www
  compare quick
  attributes mode
}
