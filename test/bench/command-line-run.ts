import { main } from '../../electron/cli/main.ts'

// Runs the built command line in its own process, as a package does.

await main()
