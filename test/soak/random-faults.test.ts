import { testRandomFaults } from '../integration/faults/random-faults.ts'

testRandomFaults(1, 300)
