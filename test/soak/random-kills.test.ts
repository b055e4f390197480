import { testKills } from '../integration/faults/random-kills.ts'

testKills(200, 10)
