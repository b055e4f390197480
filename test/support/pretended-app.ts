import process from 'node:process'
import { onTestFinished } from 'vitest'
import { app } from '../electron-host/app.ts'

/** The test runs as on this system. */
export function pretendPlatform(platform: NodeJS.Platform): void {
  const real = process.platform
  Object.defineProperty(process, 'platform', { value: platform })
  onTestFinished(() => void Object.defineProperty(process, 'platform', { value: real }))
}

/** The test runs as in an installed app. */
export function pretendPackaged(): void {
  app.isPackaged = true
  onTestFinished(() => void (app.isPackaged = false))
}
