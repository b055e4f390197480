import { main } from '../../electron/command-line/main.ts'

// The command line as a package runs it: built, in a process of its own.

await main()
