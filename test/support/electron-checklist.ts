import { parse } from 'svelte/compiler'
import ts from 'typescript'

/** A source file: path in the project and text. */
export interface Source {
  readonly path: string
  readonly text: string
}

/** A violation of a point of electronjs.org/docs/latest/tutorial/security (20 points in 2026). */
export interface Finding {
  readonly point: number
  readonly path: string
  readonly what: string
}

type Report = (point: number, what: string) => void

const windowFile = 'electron/desktop/window/main-window.ts'
const ipcFile = 'electron/desktop/ipc.ts'
const openExternalFile = 'electron/desktop/security/open-external.ts'
const preloadFile = 'electron/preload.ts'

/** The only web preferences, and their values; others that matter are off by default. */
const webPreferences: ReadonlyMap<string, string | null> = new Map(
  Object.entries({
    preload: null,
    sandbox: 'true',
    contextIsolation: 'true',
    nodeIntegration: 'false',
    webSecurity: 'true',
    spellcheck: 'false',
    disableDialogs: 'true',
  }),
)
const windowClasses = /^(?:BrowserWindow|BaseWindow|BrowserView|WebContentsView)$/

/** Members of Electron that no file may use: any of them weakens a point. */
const forbiddenMembers: ReadonlyMap<string, number> = new Map(
  Object.entries({
    loadFile: 18,
    registerFileProtocol: 18,
    interceptFileProtocol: 18,
    registerStreamProtocol: 18,
    enableDangerousFeatures: 9,
    appendSwitch: 4,
    appendArgument: 4,
    setCertificateVerifyProc: 1,
    fromPartition: 5,
    fromPath: 5,
    setDevicePermissionHandler: 5,
    setUSBProtectedClassesHandler: 5,
    executeJavaScript: 20,
    executeJavaScriptInIsolatedWorld: 20,
    exposeInIsolatedWorld: 20,
    insertCSS: 7,
    createBrowserWindow: 14,
  }),
)
const forbiddenPreferences: ReadonlyMap<string, number> = new Map(
  Object.entries({
    nodeIntegrationInWorker: 2,
    nodeIntegrationInSubFrames: 2,
    allowRunningInsecureContent: 8,
    experimentalFeatures: 9,
    enableBlinkFeatures: 10,
    webviewTag: 12,
    allowpopups: 11,
    partition: 5,
    bypassCSP: 7,
    allowServiceWorkers: 18,
  }),
)
const pointsOfPreferences: ReadonlyMap<string, number> = new Map(
  Object.entries({
    ...{ sandbox: 4, contextIsolation: 3, nodeIntegration: 2, webSecurity: 6 },
    ...Object.fromEntries(forbiddenPreferences),
  }),
)
/** Members that a single file may use. */
const reservedMembers: ReadonlyMap<string, readonly [point: number, file: string]> = new Map(
  Object.entries({
    ipcMain: [17, ipcFile],
    openExternal: [15, openExternalFile],
    exposeInMainWorld: [20, preloadFile],
    ipcRenderer: [20, preloadFile],
  }),
)
/** Functions of `shell` that open something with the program that the system has for it. */
const openingMembers = new Set(['openPath', 'writeShortcutLink', 'readShortcutLink'])
/** Members of `ipcRenderer` that the preload uses for its own channels. */
const rendererMembers = new Set(['invoke', 'on', 'off'])

/** What the sources do against the points that sources can show. */
export function checklistFindings(sources: readonly Source[]): readonly Finding[] {
  return sources.flatMap(({ path, text }) => {
    const findings: Finding[] = []
    const report: Report = (point, what) => findings.push({ point, path, what })
    if (path.endsWith('.svelte')) checkMarkup(text, report)
    else visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true), path, report)
    return findings
  })
}

function visit(node: ts.Node, path: string, report: Report): void {
  checkMember(node, path, report)
  checkReserved(node, path, report)
  if (ts.isNewExpression(node)) checkNew(node, path, report)
  if (ts.isCallExpression(node)) checkCall(node, report)
  if (ts.isPropertyAssignment(node)) checkProperty(node, report)
  node.forEachChild((child) => visit(child, path, report))
}

/** The name of a member, also written as `a['b']`. */
function memberName(node: ts.Node): string | null {
  if (ts.isPropertyAccessExpression(node)) return node.name.text
  if (ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression))
    return node.argumentExpression.text
  // `const { openExternal } = shell`
  if (ts.isBindingElement(node)) return (node.propertyName ?? node.name).getText()
  return null
}

function checkMember(node: ts.Node, path: string, report: Report): void {
  const name = memberName(node)
  if (name === null) return
  const point = forbiddenMembers.get(name)
  if (point !== undefined) report(point, name)
  if (openingMembers.has(name)) report(15, name)
  if (path === preloadFile && ts.isPropertyAccessExpression(node)) {
    const isRenderer = node.expression.getText() === 'ipcRenderer'
    if (isRenderer && !rendererMembers.has(name)) report(20, `ipcRenderer.${name}`)
  }
}

/** What is imported from Electron, by its name there. */
function electronImport(node: ts.Node): string | null {
  if (!ts.isImportSpecifier(node)) return null
  const { moduleSpecifier } = node.parent.parent.parent as ts.ImportDeclaration
  return moduleSpecifier.getText() === "'electron'" ? (node.propertyName ?? node.name).text : null
}

function checkReserved(node: ts.Node, path: string, report: Report): void {
  const name = electronImport(node) ?? memberName(node)
  const reserved = name === null ? undefined : reservedMembers.get(name)
  if (reserved && reserved[1] !== path) report(reserved[0], name ?? '')
  if (name === 'ipcMain' && path === ipcFile && !ts.isImportSpecifier(node)) report(17, 'ipcMain')
  const isPassed =
    ts.isIdentifier(node) &&
    node.text === 'ipcRenderer' &&
    !ts.isPropertyAccessExpression(node.parent) &&
    !ts.isImportSpecifier(node.parent)
  if (isPassed) report(20, 'ipcRenderer as a value')
}

function checkNew(node: ts.NewExpression, path: string, report: Report): void {
  const name = node.expression.getText()
  if (name === 'Function') report(7, 'new Function')
  if (!windowClasses.test(name)) return
  if (path !== windowFile) report(14, `new ${name}`)
  const options = node.arguments?.[0]
  const members = options && ts.isObjectLiteralExpression(options) ? options.properties : undefined
  const last = members?.findLast(
    (member) =>
      ts.isSpreadAssignment(member) ||
      (ts.isPropertyAssignment(member) && member.name.getText() === 'webPreferences'),
  )
  // A spread behind the preferences could replace them.
  const isLiteral =
    last && ts.isPropertyAssignment(last) && ts.isObjectLiteralExpression(last.initializer)
      ? last.initializer
      : null
  if (!isLiteral) return report(3, `${name} without literal web preferences`)
  const given = new Set<string>()
  for (const member of isLiteral.properties) {
    const key = member.name?.getText() ?? '...'
    given.add(key)
    const value = webPreferences.get(key)
    const isRight =
      value === null || (ts.isPropertyAssignment(member) && member.initializer.getText() === value)
    if (value === undefined || !isRight) report(pointsOfPreferences.get(key) ?? 3, `web preference ${key}`)
  }
  for (const key of webPreferences.keys()) if (!given.has(key)) report(3, `no web preference ${key}`)
}

function checkCall(node: ts.CallExpression, report: Report): void {
  const called = memberName(node.expression) ?? node.expression.getText()
  const [first, second] = node.arguments
  if (called === 'eval') report(7, 'eval')
  // The address is a constant of the app's own scheme, which the e2e test compares with the window's address.
  if (called === 'loadURL' && first?.getText() !== 'pageAddress') report(18, 'loadURL')
  if (first && ts.isStringLiteralLike(first)) {
    if (['on', 'once', 'addListener'].includes(called) && first.text === 'certificate-error')
      report(1, 'certificate-error')
    if (called === 'createElement' && first.text === 'webview') report(12, 'webview')
    if (called === 'setTimeout' || called === 'setInterval') report(7, `${called} of a text`)
  }
  if (called === 'setWindowOpenHandler' && !deniesAlways(first)) report(14, called)
  const isAccepting = /^setPermission(?:Request|Check)Handler$/.test(called) && !refusesAlways(first)
  if (isAccepting) report(5, called)
  const event = first && ts.isStringLiteralLike(first) ? first.text : ''
  const isNavigation = ['will-navigate', 'will-redirect', 'will-attach-webview'].includes(event)
  if (called === 'on' && isNavigation && !preventsFirst(second))
    report(event.includes('webview') ? 12 : 13, event)
}

function bodyOf(node: ts.Expression | undefined): ts.ConciseBody | null {
  return node && ts.isArrowFunction(node) ? node.body : null
}

const returnsOf = (body: ts.Node): readonly string[] => {
  const found: string[] = []
  const search = (node: ts.Node): void => {
    if (ts.isReturnStatement(node)) found.push(node.expression?.getText() ?? '')
    node.forEachChild(search)
  }
  search(body)
  return found
}

/** Whether a handler returns nothing but `{ action: 'deny' }`. */
function deniesAlways(handler: ts.Expression | undefined): boolean {
  const body = bodyOf(handler)
  if (!body || !ts.isBlock(body)) return false
  const returned = returnsOf(body)
  return returned.length > 0 && returned.every((one) => one === "{ action: 'deny' }")
}

/** Whether a permission handler answers `false` and nothing else. */
function refusesAlways(handler: ts.Expression | undefined): boolean {
  const body = bodyOf(handler)
  if (!body) return false
  if (!ts.isBlock(body)) return body.getText() === 'false'
  const answers: string[] = []
  const search = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && node.expression.getText() === 'respond')
      answers.push(node.arguments.map((one) => one.getText()).join())
    node.forEachChild(search)
  }
  search(body)
  return answers.length > 0 && answers.every((one) => one === 'false')
}

/** Whether a listener prevents the event before anything else. */
function preventsFirst(listener: ts.Expression | undefined): boolean {
  const body = bodyOf(listener)
  return body !== null && ts.isBlock(body) && body.statements[0]?.getText() === 'event.preventDefault()'
}

function checkProperty(node: ts.PropertyAssignment, report: Report): void {
  const name = node.name.getText()
  const point = forbiddenPreferences.get(name)
  if (point !== undefined) report(point, name)
}

interface MarkupNode {
  readonly type: string
  readonly name?: string
}

/** Elements that embed other documents, and raw HTML. Scripts of components are checked by ESLint. */
function checkMarkup(text: string, report: Report): void {
  const { fragment } = parse(text, { modern: true })
  const search = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(search)
    if (typeof value !== 'object' || value === null) return
    const { type, name = '' } = value as MarkupNode
    if (type === 'HtmlTag') report(7, '{@html}')
    if (type === 'RegularElement' && name === 'webview') report(12, name)
    if (type === 'RegularElement' && /^(?:iframe|frame|object|embed|portal)$/.test(name)) report(13, name)
    if (type === 'RegularElement' && /^(?:script|base)$/.test(name)) report(7, name)
    for (const member of Object.values(value)) search(member)
  }
  search(fragment)
}
