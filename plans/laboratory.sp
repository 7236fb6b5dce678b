syncplan 1
# Measurements: the control room collects nothing and distributes everything. Instruments get programs and calibrations,
# analysts get the data sets of the last quarter, and nobody gets what is still being written.
let lab = "/data/lab"

fleet {
  root programs "${lab}/programs"
  root calibration "${lab}/calibration"
  root sets "${lab}/sets"
  host control at "control.lab.example.org:2200"
  region hall {
    group instruments {
      host "spectro-{1..3}" at "spectro{1..3}.lab.example.org" tags optical
      host "balance-{1..2}" at "balance{1..2}.lab.example.org"
    }
  }
  region office {
    group analysts {
      ssh { user analyst }
      host "desk-{01..12}" at "10.20.0.{101..112}" { root sets "~/sets" }
    }
  }
}

role master is control
role instruments is hall
role optical where tag is optical
role analysts where region is office and host matches "desk-*"

class program where executable or ext in [so, py]
class recent where modified within 92d and not name matches "*.{part,tmp}"
class curve where path matches "{uv,ir}/[0-9][0-9][0-9][0-9]/**" and ext is csv
class approved where listed in "laboratory-approved.txt"

block programs {
  from master to instruments
  take program, "VERSION" in programs
  order program, "VERSION"
  compare checksum sha256
  delete mirror { max 5%; trash 30d }
}

block calibration after programs {
  from master to optical
  take curve in calibration
  consistency none
}

block sets {
  from master to analysts
  take recent, approved except ".cache/**" in sets
  take type-information in sets "schema"
  attributes modified
  links { symbolic follow; hard split; escaping skip }
}

class type-information where type is directory or ext in [json, ddl]
on failure stop
