import { main } from '../../electron/cli/main.ts'

// The command line as a package runs it: built, in a process of its own.

await main()
