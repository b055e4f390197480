import { testKills } from '../integration/faults/kills/random-kills.ts'

testKills(200, 5)
