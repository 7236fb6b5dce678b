// Imported first by the tests of a kind of host that keeps whole seconds only: then the fixtures' moment is one too.
process.env.SYNCPLAN_TEST_TIME_STEP = '1000000';
