import type { Message } from '../../messages/message.ts'

/** What signing in, the settings and the lines about the app say. */
export const settingMessages = {
  'sign-in.title': ['Sign in to Cyberun Cloud', '登录 Cyberun Cloud', '登入 Cyberun Cloud'],
  'sign-in.server': ['at {host}', '{host}', '{host}'],
  'sign-in.change-server': ['Change', '更改', '變更'],
  'sign-in.email': ['E-mail', '邮箱', '電子郵件'],
  'sign-in.password': ['Password', '密码', '密碼'],
  'sign-in.send': ['Sign in', '登录', '登入'],
  'sign-in.asking': ['Signing in…', '正在登录…', '正在登入…'],
  'sign-in.back': ['Back', '返回', '返回'],
  'sign-in.kept': [
    'Your sign-in is kept in this computer’s keychain. Your password is not kept.',
    '登录信息保存在本机的钥匙串中。不会保存密码。',
    '登入資訊儲存在本機的鑰匙圈中。不會儲存密碼。',
  ],
  'session.signed-out': [
    'Signed out: {account}. Its uploads wait; nothing is lost.',
    '{account} 已退出登录。其上传会等待，没有任何丢失。',
    '{account} 已登出。其上傳會等待，沒有任何遺失。',
  ],

  'settings.back': ['Back to uploads', '返回上传', '返回上傳'],
  'settings.sending': ['Sending', '发送', '傳送'],
  'settings.at-once': ['Files at once', '同时发送的文件数', '同時傳送的檔案數'],
  'settings.at-once-note': [
    'More is faster only where one file doesn’t fill the line.',
    '仅当单个文件占不满带宽时，增加才会更快。',
    '僅當單一檔案占不滿頻寬時，增加才會更快。',
  ],
  'settings.put-limit-note': [
    'Your server’s operator sets this; the usual value is 500 MB.',
    '由服务器运营方设定；通常为 500 MB。',
    '由伺服器營運方設定；通常為 500 MB。',
  ],
  'settings.put-limit-range': [
    'A whole number from {least} to {most}, please.',
    '请输入 {least} 到 {most} 之间的整数。',
    '請輸入 {least} 到 {most} 之間的整數。',
  ],
  'settings.looks': ['Looks', '外观', '外觀'],
  'settings.language': ['Language', '语言', '語言'],
  'settings.theme': ['Colours', '配色', '配色'],
  'settings.system': ['As the system', '跟随系统', '跟隨系統'],
  'settings.light': ['Light', '浅色', '淺色'],
  'settings.dark': ['Dark', '深色', '深色'],
  'settings.density': ['Rows', '行距', '行距'],
  'settings.airy': ['Roomy', '宽松', '寬鬆'],
  'settings.dense': ['Dense', '紧凑', '緊湊'],
  'settings.on-close': ['Closing the window', '关闭窗口时', '關閉視窗時'],
  'settings.close-ask': ['Asks what to do', '询问', '詢問'],
  'settings.close-keep': ['Keeps sending', '继续发送', '繼續傳送'],
  'settings.close-quit': ['Quits Modelferry', '退出 Modelferry', '結束 Modelferry'],

  'about.title': ['About', '关于', '關於'],
  'about.licences': ['Licences', '许可证', '授權條款'],
  'about.copy': ['Copy versions', '复制版本信息', '複製版本資訊'],
} as const satisfies Record<string, Message>
