// Imported first by tests of hosts that tell neither inodes nor times of change: then hosts in memory tell none.
process.env.SYNCPLAN_TEST_INODES = 'none';
