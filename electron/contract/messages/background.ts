import type { Message } from '../../messages/message.ts'

/** What page and shell say about being at home on this computer: background, power, lines, schedule. */
export const backgroundMessages = {
  'settings.sections': ['Sections', '分类', '分類'],
  'settings.background': ['Background', '后台', '背景'],

  'settings.at-login': ['Start at login', '登录时启动', '登入時啟動'],
  'settings.at-login-note': [
    'Hidden: only its icon shows that it is there.',
    '隐藏启动，仅显示图标。',
    '隱藏啟動，僅顯示圖示。',
  ],
  'settings.at-login-approval': [
    'macOS waits for your word: System Settings, General, Login Items.',
    'macOS 正在等待您的许可：“系统设置” > “通用” > “登录项”。',
    'macOS 正在等待您的許可：「系統設定」>「一般」>「登入項目」。',
  ],
  'settings.manager-menu': [
    'In the menu and under “Open with”',
    '在应用菜单和“打开方式”中',
    '在應用程式選單和「開啟方式」中',
  ],
  'settings.manager-note-menu': [
    'For this user alone. A package would bring this along; an AppImage and an archive don’t.',
    '仅对此用户有效。软件包会自带此项，AppImage 和压缩包则不会。',
    '僅對此使用者有效。套件會自帶此項，AppImage 和壓縮檔則不會。',
  ],
  'settings.manager-nautilus': ['In the menu of Files', '在“文件”的菜单中', '在「檔案」的選單中'],
  'settings.manager-nemo': ['In the menu of Nemo', '在 Nemo 的菜单中', '在 Nemo 的選單中'],
  'settings.manager-dolphin': ['In the menu of Dolphin', '在 Dolphin 的菜单中', '在 Dolphin 的選單中'],
  'settings.manager-finder': ['In the menu of Finder', '在“访达”的菜单中', '在 Finder 的選單中'],
  'settings.manager-note-nautilus': [
    'Right click, Scripts, “Send with Modelferry”.',
    '右键单击 > 脚本 > “Send with Modelferry”。',
    '按右鍵 > 命令稿 >「Send with Modelferry」。',
  ],
  'settings.manager-note-nemo': [
    'Right click, “Send with Modelferry”.',
    '右键单击 > “Send with Modelferry”。',
    '按右鍵 >「Send with Modelferry」。',
  ],
  'settings.manager-note-dolphin': [
    'Right click, “Send with Modelferry”.',
    '右键单击 > “Send with Modelferry”。',
    '按右鍵 >「Send with Modelferry」。',
  ],
  'settings.manager-note-finder': [
    'Right click, Quick Actions, “Send with Modelferry”.',
    '右键单击 > 快速操作 > “Send with Modelferry”。',
    '按右鍵 > 快速動作 >「Send with Modelferry」。',
  ],

  'settings.power': ['Power and network', '电源与网络', '電源與網路'],
  'settings.battery': ['On battery', '使用电池时', '使用電池時'],
  'settings.battery-note': [
    'Sending waits for the charger; nothing is lost.',
    '等待接通电源后继续发送，不会丢失任何内容。',
    '等待接上電源後繼續傳送，不會遺失任何內容。',
  ],
  'settings.battery-never': ['Goes on sending', '继续发送', '繼續傳送'],
  'settings.below': ['Waits below {percent}%', '低于 {percent}% 时等待', '低於 {percent}% 時等待'],
  'settings.metered': ['Wait on metered lines', '在按流量计费的网络上等待', '在計量付費的網路上等待'],
  'settings.metered-note': [
    'Lines that are paid by the byte, such as a phone’s hotspot.',
    '按流量计费的网络，例如手机热点。',
    '計量付費的網路，例如手機熱點。',
  ],
  'settings.metered-unknown': [
    'Your system doesn’t tell Modelferry whether this line is metered, so it never waits here by itself.',
    '系统未告知 Modelferry 当前网络是否按流量计费，因此在此不会自动等待。',
    '系統未告知 Modelferry 目前的網路是否計量付費，因此在此不會自動等待。',
  ],
  'settings.metered-say': [
    'Your system doesn’t tell whether this line is metered. Say so below; it is kept for this line.',
    '系统未告知当前网络是否按流量计费。请在下方指定，设置会为此网络保留。',
    '系統未告知目前的網路是否計量付費。請在下方指定，設定會為此網路保留。',
  ],
  'settings.line': ['This line: {line}', '当前网络：{line}', '目前的網路：{line}'],
  'settings.line-yes': ['The system calls it metered.', '系统认为按流量计费。', '系統認為計量付費。'],
  'settings.line-no': ['The system calls it free.', '系统认为不按流量计费。', '系統認為非計量付費。'],
  'settings.line-unknown': ['The system doesn’t know.', '系统未知。', '系統未知。'],
  'settings.line-system': ['As the system says', '以系统为准', '以系統為準'],
  'settings.line-metered': ['Metered', '按流量计费', '計量付費'],
  'settings.line-free': ['Not metered', '不按流量计费', '非計量付費'],
  'settings.line-forget': [
    'Forget what was said about {line}',
    '忘记对 {line} 的设置',
    '忘記對 {line} 的設定',
  ],

  'settings.quiet-hours': ['Quiet hours', '静默时段', '靜默時段'],
  'settings.quiet-hours-note': [
    'Hours in which less is sent, or nothing: for calls, games, or a line that others share.',
    '在这些时段少发送或不发送：便于通话、游戏或与他人共享网络。',
    '在這些時段少傳送或不傳送：便於通話、遊戲或與他人共用網路。',
  ],
  'settings.quiet-hours-add': ['Add hours', '添加时段', '新增時段'],
  'quiet.label': ['Quiet hours {hours}', '静默时段 {hours}', '靜默時段 {hours}'],
  'quiet.from': ['From', '开始', '開始'],
  'quiet.to': ['To', '结束', '結束'],
  'quiet.what': ['What happens then', '届时', '屆時'],
  'quiet.pause': ['nothing is sent', '不发送', '不傳送'],
  'quiet.remove': ['Remove quiet hours {hours}', '移除静默时段 {hours}', '移除靜默時段 {hours}'],
  'quiet.no-day': [
    'Choose a day, or they never begin.',
    '请选择日期，否则不会生效。',
    '請選擇日期，否則不會生效。',
  ],

  'hold.battery': [
    'The battery is at {percent}%, and nothing is sent below {below}%. Sending goes on with the charger.',
    '电量为 {percent}%，低于 {below}% 时不发送。接通电源后会继续发送。',
    '電量為 {percent}%，低於 {below}% 時不傳送。接上電源後會繼續傳送。',
  ],
  'hold.metered': [
    '“{line}” is a metered line. Sending goes on with another one.',
    '“{line}”是按流量计费的网络。换到其他网络后会继续发送。',
    '「{line}」是計量付費的網路。換到其他網路後會繼續傳送。',
  ],
  'hold.metered-unnamed': [
    'This line is metered. Sending goes on with another one.',
    '当前网络按流量计费。换到其他网络后会继续发送。',
    '目前的網路為計量付費。換到其他網路後會繼續傳送。',
  ],
  'hold.quiet-hours': [
    'Quiet hours until {until}. Sending goes on then.',
    '静默时段至 {until}，届时会继续发送。',
    '靜默時段至 {until}，屆時會繼續傳送。',
  ],
  'hold.quiet-hours-always': [
    'Quiet hours all week: nothing is sent. They can be changed in Settings.',
    '整周均为静默时段，不会发送。可在“设置”中更改。',
    '整週均為靜默時段，不會傳送。可在「設定」中變更。',
  ],
  'hold.send-anyway': ['Send anyway', '仍然发送', '仍要傳送'],
  'hold.always-on-line': ['Always on this line', '在此网络上始终发送', '在此網路上一律傳送'],

  'done.title': ['When all is sent', '全部发送后', '全部傳送後'],
  'done.nothing': ['Do nothing', '不执行操作', '不執行動作'],
  'done.sleep': ['Put the computer to sleep', '让电脑睡眠', '讓電腦睡眠'],
  'done.quit': ['Quit Modelferry', '退出 Modelferry', '結束 Modelferry'],
  'done.call-off-sleep': ['Don’t go to sleep', '不要睡眠', '不要睡眠'],
  'done.call-off-quit': ['Don’t quit', '不要退出', '不要結束'],
  'done.soon-sleep': [
    'All is sent. The computer goes to sleep in a minute.',
    '已全部发送。电脑将在一分钟后睡眠。',
    '已全部傳送。電腦將在一分鐘後睡眠。',
  ],
  'done.soon-sleep-partly': [
    '{sent, plural, =0 {Nothing was sent} one {# file is sent} other {# files are sent}}, {needsYou, plural, one {# needs you} other {# need you}}. The computer goes to sleep in a minute.',
    '已发送 {sent} 个文件，{needsYou} 个需要您处理。电脑将在一分钟后睡眠。',
    '已傳送 {sent} 個檔案，{needsYou} 個需要您處理。電腦將在一分鐘後睡眠。',
  ],
  'done.soon-quit': [
    'All is sent. Modelferry quits in a minute.',
    '已全部发送。Modelferry 将在一分钟后退出。',
    '已全部傳送。Modelferry 將在一分鐘後結束。',
  ],
  'done.soon-quit-partly': [
    '{sent, plural, =0 {Nothing was sent} one {# file is sent} other {# files are sent}}, {needsYou, plural, one {# needs you} other {# need you}}. Modelferry quits in a minute.',
    '已发送 {sent} 个文件，{needsYou} 个需要您处理。Modelferry 将在一分钟后退出。',
    '已傳送 {sent} 個檔案，{needsYou} 個需要您處理。Modelferry 將在一分鐘後結束。',
  ],

  'limit.at-most-until': [
    'at most {limit} until {until}',
    '{until} 前上限 {limit}',
    '{until} 前上限 {limit}',
  ],
  'limit.changes': [
    'Quiet hours change this at {until}.',
    '静默时段将在 {until} 更改此设置。',
    '靜默時段將在 {until} 變更此設定。',
  ],
  'limit.schedule': ['Quiet hours…', '静默时段…', '靜默時段…'],
  'limit.until': ['At most {limit} until {until}', '{until} 前上限 {limit}', '{until} 前上限 {limit}'],

  'tray.last': ['Last: {name}', '最近完成：{name}', '最近完成：{name}'],
  'tray.recents': ['Recent models', '最近的模型', '最近的模型'],
  'tray.none': [
    'This desktop shows no tray icons, so the window stays in the dock or taskbar. Sending goes on.',
    '此桌面不显示托盘图标，因此窗口会留在程序坞或任务栏中。发送仍在继续。',
    '此桌面不顯示系統匣圖示，因此視窗會留在 Dock 或工作列中。傳送仍在繼續。',
  ],
  'close.explanation-no-tray': [
    'Modelferry can go on in the background. This desktop shows no tray icons, so the window goes to the dock or taskbar. This is asked once and can be changed in Settings.',
    'Modelferry 可以在后台继续运行。此桌面不显示托盘图标，因此窗口会收到程序坞或任务栏中。此问题只询问一次，可在“设置”中更改。',
    'Modelferry 可以在背景繼續執行。此桌面不顯示系統匣圖示，因此視窗會收到 Dock 或工作列中。此問題只詢問一次，可在「設定」中變更。',
  ],
} as const satisfies Record<string, Message>
