import { makeBridge } from './bridge-world.ts'
import { runPreload } from './preload-world.ts'
import type { SecretNames } from './secret-names.ts'
import { makeWire } from './wire.ts'

/**
 * The two scripts for each new document: the bridge's end in the page's world, and the preload in its own.
 */
export function worldScripts(
  names: SecretNames,
  preload: string,
  process: object,
): { page: string; isolated: string } {
  const named = JSON.stringify(names)
  const page = `if (window === window.top) (() => {
    const names = ${named}
    const bridge = (${String(makeBridge)})(names.toPreload, names.toPage, {
      expose: (key, value) => Object.defineProperty(window, key, { value, enumerable: true, configurable: false, writable: false }),
    })
    window.open = function open(url = '', name = '_blank') {
      bridge.post({ k: 'open', url: String(new URL(url, document.baseURI)), name })
      return null
    }
  })()`
  const isolated = `if (window === window.top) (() => {
    const names = ${named}
    const tell = globalThis[names.binding]
    ;(${String(runPreload)})({
      wire: (${String(makeWire)})(),
      binding: names.binding,
      deliver: names.deliver,
      process: ${JSON.stringify(process)},
      bridge: (${String(makeBridge)})(names.toPage, names.toPreload, { opened: (message) => tell(JSON.stringify(message)) }),
      preload: function (require, process, exports, module) { ${preload}
      },
    })
  })()`
  return { page, isolated }
}
