import { host } from './state.ts'
import { strictEmitter } from './strict.ts'

type Source = 'system' | 'light' | 'dark'
let source: Source = 'system'

/** The `prefers-color-scheme` of pages; an empty string keeps Chromium's default. */
export function colourScheme(): 'light' | 'dark' | '' {
  return source === 'system' ? '' : source
}

export const nativeTheme = strictEmitter('nativeTheme', {
  shouldUseHighContrastColors: false,
  shouldUseInvertedColorScheme: false,
  shouldUseDarkColorsForSystemIntegratedUI: false,
  prefersReducedTransparency: false,
  inForcedColorsMode: false,
  /** The system theme is always light, because there is no desktop. */
  get shouldUseDarkColors(): boolean {
    return source === 'dark'
  },
  get themeSource(): Source {
    return source
  },
  set themeSource(chosen: Source) {
    if (!['system', 'light', 'dark'].includes(chosen))
      throw new TypeError(`Error processing argument: ${chosen}`)
    if (chosen === source) return
    source = chosen
    for (const contents of host.contents.values()) contents._showAppearance()
    queueMicrotask(() => nativeTheme.emit('updated', {}))
  },
})
