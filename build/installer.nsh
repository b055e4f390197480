; Windows, for one user, without an administrator. Included by electron-builder's script.

; Where Electron's login item is: the app's id, unless it was given a name (electronjs.org,
; app.setLoginItemSettings).
!define LOGIN_ITEM "app.modelferry.Modelferry"
!define RUN_KEY "Software\Microsoft\Windows\CurrentVersion\Run"
!define APPROVED_KEY "Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"

; The script is compiled twice; a variable that nobody uses in one of them is a warning, and warnings are
; errors.
!ifdef BUILD_UNINSTALLER
  Var removeData
!endif

; Puts Modelferry under "Open with" for model files of this user, without becoming what opens them by default.
!macro customInstall
  WriteRegStr HKCU "Software\Classes\Modelferry.Model" "" "AI model"
  WriteRegStr HKCU "Software\Classes\Modelferry.Model\DefaultIcon" "" "$INSTDIR\${APP_EXECUTABLE_FILENAME},0"
  WriteRegStr HKCU "Software\Classes\Modelferry.Model\shell\open\command" "" '"$INSTDIR\${APP_EXECUTABLE_FILENAME}" "%1"'
  WriteRegStr HKCU "Software\Classes\.safetensors\OpenWithProgids" "Modelferry.Model" ""
  WriteRegStr HKCU "Software\Classes\.gguf\OpenWithProgids" "Modelferry.Model" ""
  ; Under "Send to", for any file and folder. Who removed it does not get it back by an update.
  ${IfNot} ${isUpdated}
    CreateShortCut "$APPDATA\Microsoft\Windows\SendTo\Modelferry.lnk" "$INSTDIR\${APP_EXECUTABLE_FILENAME}"
  ${EndIf}
  ; Links of our own. After -- nothing is a switch, whatever a web page put into the link.
  WriteRegStr HKCU "Software\Classes\modelferry" "" "URL:Modelferry"
  WriteRegStr HKCU "Software\Classes\modelferry" "URL Protocol" ""
  WriteRegStr HKCU "Software\Classes\modelferry\shell\open\command" "" '"$INSTDIR\${APP_EXECUTABLE_FILENAME}" -- "%1"'
!macroend

; An update removes the old version by the same program: then, and when nobody is there to answer (/S),
; nothing is asked and nothing of the person's is removed.
!macro customUnInit
  StrCpy $removeData "no"
  ${GetParameters} $R0
  ClearErrors
  ${GetOptions} $R0 "/S" $R1
  ${If} ${Errors}
    ClearErrors
    ${GetOptions} $R0 "--updated" $R1
    ${If} ${Errors}
      MessageBox MB_YESNO|MB_ICONQUESTION|MB_DEFBUTTON2 "Also delete your settings, upload queue and history?$\r$\n$\r$\nUnfinished uploads can't be resumed. The model files on this computer are not deleted." IDNO keepData
      StrCpy $removeData "yes"
      keepData:
    ${EndIf}
  ${EndIf}
  ClearErrors
!macroend

!macro customUnInstall
  DeleteRegValue HKCU "Software\Classes\.safetensors\OpenWithProgids" "Modelferry.Model"
  DeleteRegValue HKCU "Software\Classes\.gguf\OpenWithProgids" "Modelferry.Model"
  DeleteRegKey HKCU "Software\Classes\Modelferry.Model"
  DeleteRegKey HKCU "Software\Classes\modelferry"
  ${GetParameters} $R0
  ClearErrors
  ${GetOptions} $R0 "--updated" $R1
  ${If} ${Errors}
    DeleteRegValue HKCU "${RUN_KEY}" "${LOGIN_ITEM}"
    DeleteRegValue HKCU "${APPROVED_KEY}" "${LOGIN_ITEM}"
    Delete "$APPDATA\Microsoft\Windows\SendTo\Modelferry.lnk"
  ${EndIf}
  ClearErrors
  ${If} $removeData == "yes"
    ; Sign-ins lie in Windows' own store, where no folder of ours leads. The program is still here; without a
    ; line it gives up.
    nsExec::Exec /TIMEOUT=30000 '"$INSTDIR\${APP_EXECUTABLE_FILENAME}" --modelferry-command --disable-gpu -- logout'
    Pop $R0
    RMDir /r "$APPDATA\Modelferry"
    RMDir /r "$LOCALAPPDATA\modelferry-updater"
  ${EndIf}
!macroend
