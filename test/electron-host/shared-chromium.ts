import type { SharedChromium } from './browser.ts'
import { startChromium } from './chromium.ts'

/** The Chromium of all apps that one test worker starts, one after the other. */
export interface WorkerChromium {
  /** Starts it at the first call, and again if it has ended while no app used it. */
  open(): Promise<SharedChromium>
  /** The end of its output. */
  output(): Promise<string>
  end(): Promise<void>
}

/** Prepares a Chromium for apps with these switches; each gets a browser context of its own. */
export function createWorkerChromium(
  switches: readonly string[],
  environment: NodeJS.ProcessEnv,
): WorkerChromium {
  let earlierOutput = ''
  let started: ReturnType<typeof startChromium> | undefined
  return {
    async open() {
      const earlier = await started
      if (earlier?.hasEnded()) {
        earlierOutput += earlier.output()
        await earlier.end()
        started = undefined
      }
      started ??= startChromium(switches, environment)
      return { url: (await started).url, switches }
    },
    output: async () => earlierOutput + ((await started)?.output() ?? ''),
    end: async () => (await started)?.end(),
  }
}
