syncplan 1
fleet {
  host here at local { root files "./files" }
  host there at local { root files "./files/" }
}
role master is here
role remote is there
block all { take all in files }
