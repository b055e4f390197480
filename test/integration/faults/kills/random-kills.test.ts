import { testKills } from './random-kills.ts'

// The soak suite runs ten times as many seeds.
testKills(20, 2)
