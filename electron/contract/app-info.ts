export type Locale = 'en' | 'zh-Hans' | 'zh-Hant'

/** What the page needs to know once, before it draws. */
export interface AppInfo {
  readonly version: string
  readonly platform: 'linux' | 'darwin' | 'win32'
  /** The language in force, after `system` was resolved. */
  readonly locale: Locale
  readonly versions: Readonly<Record<string, string>>
}
