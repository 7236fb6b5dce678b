syncplan 1
# The machines of the cluster; each lays its files out in its own way.
fleet {
  ssh { user deploy; key "./keys/deploy_ed25519" }
  root site "/srv/www/site"
  root etc "/etc/webcluster"
  host build at local {
    root site "../dist/${release}"
    root tls "~/webcluster/tls"
  }
  region eu {
    group web {
      host "web-{01..04}" at "10.0.1.{11..14}"
      host web-05 at "10.0.1.15" tags frozen
    }
    group image {
      host img-01 at "10.0.2.11" { root site "/srv/images/site" }
    }
  }
  region us {
    ssh { user admin; port 2222 }
    group web {
      host "web-{01..04}" at "10.1.1.{11..14}"
      host edge at "[2001:db8::15]" { agent node }
    }
  }
}
