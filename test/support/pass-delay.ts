import { expect } from 'vitest'
import type { HandClock } from './hand-clock.ts'

/** Waits until a delay of this length is the only timer, and until it is over. */
export async function passDelay(clock: HandClock, delayMs: number): Promise<void> {
  await expect.poll(() => clock.waits()).toEqual([delayMs])
  clock.advance(delayMs)
}
