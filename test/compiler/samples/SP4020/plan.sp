syncplan 1
fleet {
  root www "/srv/www" state "/srv/state"
  root images "/srv/images" state "/srv/state"
  host build at local {
    root www "./dist"
    root images "./images"
  }
  region eu {
    group web {
      host web-01 at "10.0.1.11" tags canary
      host web-02 at "10.0.1.12"
    }
  }
}
role master is build
role remote is eu.web
block app {
  take all in www
  take all in images
}
