import type { Message } from '../../messages/message.ts'

/** What is said of a newer version of the app, and of the licences of what is in it. */
export const updateMessages = {
  'update.title': ['Updates', '更新', '更新'],
  'update.mode': ['Newer versions', '新版本', '新版本'],
  'update.mode-note': [
    'An update waits for your uploads and installs while nobody uses the window.',
    '更新会等待上传完成，并在窗口无人使用时安装。',
    '更新會等待上傳完成，並在視窗無人使用時安裝。',
  ],
  'update.automatic': ['Install by themselves', '自动安装', '自動安裝'],
  'update.ask': ['Ask first', '先询问', '先詢問'],
  'update.off': ['Don’t look for them', '不检查', '不檢查'],
  'update.on-quit': ['Install when I quit', '退出时安装', '結束時安裝'],
  'update.on-quit-note': [
    'A version that is ready takes this one’s place when you quit.',
    '已就绪的版本会在您退出时替换当前版本。',
    '已就緒的版本會在您結束時取代目前版本。',
  ],
  'update.yes': ['Yes', '是', '是'],
  'update.no': ['No', '否', '否'],
  'update.check': ['Check now', '立即检查', '立即檢查'],
  'update.get': ['Download', '下载', '下載'],
  'update.restart': ['Restart to update', '重启以更新', '重新啟動以更新'],
  'update.later': ['Later', '稍后', '稍後'],
  'update.again': ['Try again', '重试', '重試'],

  'update.current': [
    'This is the newest version. Looked at {time}.',
    '已是最新版本。检查时间：{time}。',
    '已是最新版本。檢查時間：{time}。',
  ],
  'update.not-looked': [
    'The app looks for newer versions once a day.',
    '应用每天检查一次新版本。',
    '應用程式每天檢查一次新版本。',
  ],
  'update.resting': [
    'The app doesn’t look for newer versions by itself.',
    '应用不会自行检查新版本。',
    '應用程式不會自行檢查新版本。',
  ],
  'update.checking': ['Looking for a newer version…', '正在检查新版本…', '正在檢查新版本…'],
  'update.found': [
    'Modelferry {version} is available.',
    'Modelferry {version} 可供下载。',
    'Modelferry {version} 可供下載。',
  ],
  'update.downloading': [
    'Downloading Modelferry {version}: {percent}%',
    '正在下载 Modelferry {version}：{percent}%',
    '正在下載 Modelferry {version}：{percent}%',
  ],
  'update.ready': [
    'Modelferry {version} is ready.',
    'Modelferry {version} 已就绪。',
    'Modelferry {version} 已就緒。',
  ],
  'update.ready-sending': [
    'Modelferry {version} is ready. Uploads go on after the restart from where they are.',
    'Modelferry {version} 已就绪。重启后，上传会从当前进度继续。',
    'Modelferry {version} 已就緒。重新啟動後，上傳會從目前進度繼續。',
  ],
  'update.ready-signed-in': [
    'Modelferry {version} is ready. It waits for you, because a restart ends your sign-in: the keychain doesn’t keep it.',
    'Modelferry {version} 已就绪。由于钥匙串未保存登录信息，重启会使登录失效，因此等待您来决定。',
    'Modelferry {version} 已就緒。由於鑰匙圈未儲存登入資訊，重新啟動會使登入失效，因此等待您來決定。',
  ],
  'update.installing': [
    'Installing Modelferry {version}. The app starts again by itself…',
    '正在安装 Modelferry {version}，应用会自行重启…',
    '正在安裝 Modelferry {version}，應用程式會自行重新啟動…',
  ],

  'update.off-package': [
    'Installed as a package: updates come with your system’s own.',
    '以软件包形式安装：更新由系统的软件更新提供。',
    '以套件形式安裝：更新由系統的軟體更新提供。',
  ],
  'update.off-flatpak': [
    'Installed as a Flatpak: updates come from where you got it, with “flatpak update”.',
    '以 Flatpak 安装：通过“flatpak update”从原来源更新。',
    '以 Flatpak 安裝：透過「flatpak update」從原來源更新。',
  ],
  'update.off-snap': [
    'Installed as a snap: the snap store keeps it up to date.',
    '以 snap 安装：由 snap 商店保持更新。',
    '以 snap 安裝：由 snap 商店保持更新。',
  ],
  'update.off-portable': [
    'Unpacked from an archive: get a newer one from modelferry.app and unpack it in this one’s place.',
    '从压缩包解压而来：请从 modelferry.app 获取新版本并解压到此处。',
    '從壓縮檔解壓縮而來：請從 modelferry.app 取得新版本並解壓縮到此處。',
  ],
  'update.off-development': [
    'Run from its source: there is nothing to update.',
    '从源代码运行：无需更新。',
    '從原始碼執行：無需更新。',
  ],
  'update.off-no-key': [
    'This build can’t check a newer one’s signature, so it takes none. Get newer ones from where you got this one.',
    '此版本无法验证新版本的签名，因此不会自行更新。请从原来源获取新版本。',
    '此版本無法驗證新版本的簽章，因此不會自行更新。請從原來源取得新版本。',
  ],

  'licences.title': ['Licences', '许可证', '授權條款'],
  'licences.back': ['Back to settings', '返回设置', '返回設定'],
  'licences.text': ['Licences of the software inside', '内含软件的许可证', '內含軟體的授權條款'],
  'menu.check-updates': ['Check for updates…', '检查更新…', '檢查更新…'],
} as const satisfies Record<string, Message>
