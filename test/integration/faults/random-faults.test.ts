import { testRandomFaults } from './random-faults.ts'

// The soak suite runs many more seeds.
testRandomFaults(1, 8)
