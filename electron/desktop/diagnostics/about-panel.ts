import { app } from 'electron'
import process from 'node:process'

/**
 * The system's own about box, with the versions that a report of trouble needs. Each system shows other fields of it:
 * Linux has no credits, so there the versions stand behind our own.
 */
export function setAboutPanel(): void {
  const { electron, chrome, node } = process.versions
  const versions = `Electron ${electron} · Chromium ${chrome} · Node ${node}`
  const isLinux = process.platform === 'linux'
  app.setAboutPanelOptions({
    applicationName: app.getName(),
    applicationVersion: isLinux ? `${app.getVersion()} (${versions})` : app.getVersion(),
    copyright: 'Copyright © 2026 Modelferry',
    ...(isLinux ? { website: 'https://modelferry.app' } : { credits: versions }),
  })
}
