import { testKills } from './random-kills.ts'

// The soak suite runs twenty times as many seeds.
testKills(10, 2)
