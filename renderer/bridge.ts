import type { Bridge, TextBridge } from '../electron/contract/calls.ts'

declare global {
  interface Window {
    /** Exposed by the preload script. */
    readonly modelferry?: TextBridge
  }
}

/** The page's connection to the main process. A missing one is a build error. */
export function bridge(): Bridge {
  const { modelferry } = window
  if (!modelferry) throw new Error('window.modelferry is missing: the preload did not run')
  const { on, ...calls } = modelferry
  const parsingCalls = Object.entries(calls).map(([name, call]) => {
    const ask = call as (args?: unknown) => Promise<string>
    return [name, async (args?: unknown) => JSON.parse(await ask(args)) as unknown] as const
  })
  return {
    ...Object.fromEntries(parsingCalls),
    on: (name, listener) =>
      on(name, (value) => listener(JSON.parse(value) as Parameters<typeof listener>[0])),
  } as Bridge
}
