import { app } from 'electron'
import process from 'node:process'

/**
 * Fills the system's about panel, including the versions needed for a bug report. Linux does not show the
 * credits, so there they are part of the app's version.
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
