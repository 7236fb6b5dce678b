syncplan 1
fleet {
  root www "/srv/www"
  host build at local { root www "./dist" }
  region eu {
    group web {
      host web-01 at "10.0.1.11" tags canary
      host web-02 at "10.0.1.12"
    }
  }
}
role master is build
role remote is eu.web
class page where ext is html
let reload = []
input odd
block app {
  take all in www
  consistency lock {
    by command ["bin/standby", "hold"] release ["~/bin/standby", "resume"]
  }
  hook before run [] on master
  hook before run ["", "x"] on master
  hook after changed page run ["systemctl reload nginx"] on remote
  hook after run ["logger", ["nested"]] on remote
  hook after run ["logger", "${odd}"] on remote
  hook after run reload on server timeout 30s
}
