export type Locale = 'en' | 'zh-Hans' | 'zh-Hant'

/** What the page loads once before its first rendering. */
export interface AppInfo {
  readonly version: string
  readonly platform: 'linux' | 'darwin' | 'win32'
  /** The effective language: `system` is resolved. */
  readonly locale: Locale
  readonly versions: Readonly<Record<string, string>>
}
