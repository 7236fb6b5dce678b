syncplan 1
# café
