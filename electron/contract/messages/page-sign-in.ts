import type { Message } from '../../messages/message.ts'

/** What the ways to sign in and the list of sign-ins say. */
export const signInMessages = {
  'pair.start': ['Continue in the browser', '在浏览器中继续', '在瀏覽器中繼續'],
  'pair.starting': ['Asking for a code…', '正在获取代码…', '正在取得代碼…'],
  'pair.what': [
    'You confirm a code on the server’s page; no password is typed in this app. For one team, and files up to {limitBytes} each.',
    '在服务器的网页上确认代码，无需在本应用中输入密码。适用于一个团队，每个文件不超过 {limitBytes}。',
    '在伺服器的網頁上確認代碼，無需在本應用程式中輸入密碼。適用於一個團隊，每個檔案不超過 {limitBytes}。',
  ],
  'pair.title': ['Confirm in your browser', '请在浏览器中确认', '請在瀏覽器中確認'],
  'pair.compare': [
    'Go on there only if it shows this same code.',
    '仅当浏览器显示相同代码时才继续。',
    '僅當瀏覽器顯示相同代碼時才繼續。',
  ],
  'pair.code': ['Code', '代码', '代碼'],
  'pair.copy-code': ['Copy the code', '复制代码', '複製代碼'],
  'pair.open': ['Open {host} again', '再次打开 {host}', '再次開啟 {host}'],
  'pair.left': ['Good for another {time}', '剩余有效时间 {time}', '剩餘有效時間 {time}'],
  'pair.storing': ['Confirmed. Signing in…', '已确认。正在登录…', '已確認。正在登入…'],
  'pair.again': ['Start again', '重新开始', '重新開始'],
  'pair.cancel': ['Cancel', '取消', '取消'],

  'sign-in.or': [
    'or with your password, for files of any size',
    '或使用密码登录，文件大小不限',
    '或使用密碼登入，檔案大小不限',
  ],
  'sign-in.large': [
    'A paired computer sends files up to {limitBytes}. Sign in with your password and the larger ones go on by themselves.',
    '已配对的电脑只能发送不超过 {limitBytes} 的文件。用密码登录后，更大的文件会自动继续。',
    '已配對的電腦只能傳送不超過 {limitBytes} 的檔案。用密碼登入後，更大的檔案會自動繼續。',
  ],
  'sign-in.use-key': ['Use a device key instead', '改用设备密钥', '改用裝置金鑰'],
  'sign-in.use-password': ['Use e-mail and password instead', '改用邮箱和密码', '改用電子郵件和密碼'],
  'sign-in.key': ['Device key (dk-…)', '设备密钥（dk-…）', '裝置金鑰（dk-…）'],
  'sign-in.send-key': ['Use this key', '使用此密钥', '使用此金鑰'],
  'sign-in.checking-key': ['Checking the key…', '正在验证密钥…', '正在驗證金鑰…'],

  'team.device-note': [
    'sends files up to {limitBytes} (paired)',
    '可发送不超过 {limitBytes} 的文件（已配对）',
    '可傳送不超過 {limitBytes} 的檔案（已配對）',
  ],
  'team.session-note': [
    'sends files of any size (password)',
    '可发送任意大小的文件（密码登录）',
    '可傳送任意大小的檔案（密碼登入）',
  ],
  'team.add': ['Add an account…', '添加账户…', '新增帳號…'],

  'server.clock-off': [
    'Reached, but this computer’s clock and the server’s are {minutes, number} minutes apart. Storage may refuse files until that is mended.',
    '已连接，但本机时钟与服务器相差 {minutes, number} 分钟。校正之前存储可能会拒绝文件。',
    '已連線，但本機時鐘與伺服器相差 {minutes, number} 分鐘。校正之前儲存可能會拒絕檔案。',
  ],
  'keychain.recheck': ['Look again', '重新检查', '重新檢查'],
  'accounts.title': ['Accounts', '账户', '帳號'],
  'accounts.none': ['Nobody is signed in.', '尚未登录。', '尚未登入。'],
  'accounts.signed-out': ['signed out', '已退出登录', '已登出'],
  'accounts.sign-out': ['Sign out', '退出登录', '登出'],
} as const satisfies Record<string, Message>
