import { testKills } from '../integration/faults/kill-run.ts'

testKills(200, 10)
