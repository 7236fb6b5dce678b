syncplan 1
fleet {
  ssh { user sync; key "~/.ssh/sync_ed25519" }
  root software "/opt/exchange/a/software", "/opt/exchange/b/software"
  root data "/opt/exchange/data" state "/opt/exchange/sync"
  region lab {
    group test {
      host bench at "bench.lab.example.net" {
        root software "/build/${release}/software"
        root data "/build/${release}/data"
      }
    }
  }
  region north {
    group core { host "x-{01..03}" at "x{01..03}.north.example.net" }
  }
  region south {
    group core {
      host "y-{01..02}" at "y{01..02}.south.example.net"
      host y-03 at "y03.south.example.net" tags spare
    }
  }
}
