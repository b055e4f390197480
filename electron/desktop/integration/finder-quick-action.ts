import { join } from 'node:path'
import { shellCommand, type LaunchCommand } from './launch-command.ts'
import { ownershipMark, type OwnedFile } from './owned-file.ts'

/**
 * A Quick Action for Finder's menus and the Services menu. Electron apps cannot provide services themselves
 * (`NSServices` needs a native object), so an Automator workflow passes the files to the app. The keys are
 * those that Automator writes for "Run Shell Script" with input as arguments. The app is started by `open`,
 * since the menu bar shows a workflow until its script ends.
 */
export function quickAction(home: string, command: LaunchCommand, label: string): readonly OwnedFile[] {
  // The folder has the same name as in older versions, so that their action is found and replaced.
  const folder = join(home, 'Library/Services/Send with Modelferry.workflow/Contents')
  return [
    { path: join(folder, 'Info.plist'), text: plist(serviceInfo(label)) },
    { path: join(folder, 'document.wflow'), text: plist(workflow(`exec ${openCommand(command)} "$@"`)) },
  ]
}

/** Paths from Finder are absolute, so none of them can be mistaken for a switch of `open`. */
function openCommand(command: LaunchCommand): string {
  const bundle = /^(.+\.app)\/Contents\/MacOS\/[^/]+$/.exec(command.program)?.[1]
  return bundle === undefined || command.args.length > 0
    ? `${shellCommand(command)} --`
    : shellCommand({ program: '/usr/bin/open', args: ['-a', bundle] })
}

const escapeXml = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')

const plist = (content: string) => `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- ${ownershipMark}, by the switch in its settings. -->
<plist version="1.0">
${content}
</plist>
`

const serviceInfo = (label: string) => `<dict>
  <key>NSServices</key>
  <array>
    <dict>
      <key>NSMenuItem</key>
      <dict><key>default</key><string>${escapeXml(label)}</string></dict>
      <key>NSMessage</key>
      <string>runWorkflowAsService</string>
      <key>NSRequiredContext</key>
      <dict><key>NSApplicationIdentifier</key><string>com.apple.finder</string></dict>
      <key>NSSendFileTypes</key>
      <array><string>public.item</string></array>
    </dict>
  </array>
</dict>`

const workflow = (script: string) => `<dict>
  <key>AMApplicationVersion</key><string>2.10</string>
  <key>AMDocumentVersion</key><string>2</string>
  <key>actions</key>
  <array>
    <dict>
      <key>action</key>
      <dict>
        <key>AMAccepts</key>
        <dict>
          <key>Container</key><string>List</string>
          <key>Optional</key><true/>
          <key>Types</key><array><string>com.apple.cocoa.string</string></array>
        </dict>
        <key>AMActionVersion</key><string>2.0.3</string>
        <key>ActionBundlePath</key>
        <string>/System/Library/Automator/Run Shell Script.action</string>
        <key>ActionName</key><string>Run Shell Script</string>
        <key>ActionParameters</key>
        <dict>
          <key>COMMAND_STRING</key><string>${escapeXml(script)}</string>
          <key>inputMethod</key><integer>1</integer>
          <key>shell</key><string>/bin/sh</string>
        </dict>
        <key>BundleIdentifier</key><string>com.apple.RunShellScript</string>
        <key>Class Name</key><string>RunShellScriptAction</string>
      </dict>
    </dict>
  </array>
  <key>connectors</key><dict/>
  <key>workflowMetaData</key>
  <dict>
    <key>serviceInputTypeIdentifier</key>
    <string>com.apple.Automator.fileSystemObject</string>
    <key>serviceOutputTypeIdentifier</key>
    <string>com.apple.Automator.nothing</string>
    <key>serviceApplicationBundleID</key><string>com.apple.finder</string>
    <key>workflowTypeIdentifier</key>
    <string>com.apple.Automator.servicesMenu</string>
  </dict>
</dict>`
