; Puts Modelferry under "Open with" for model files of this user, without becoming what opens them by default.

!macro customInstall
  WriteRegStr HKCU "Software\Classes\Modelferry.Model" "" "AI model"
  WriteRegStr HKCU "Software\Classes\Modelferry.Model\DefaultIcon" "" "$INSTDIR\${APP_EXECUTABLE_FILENAME},0"
  WriteRegStr HKCU "Software\Classes\Modelferry.Model\shell\open\command" "" '"$INSTDIR\${APP_EXECUTABLE_FILENAME}" "%1"'
  WriteRegStr HKCU "Software\Classes\.safetensors\OpenWithProgids" "Modelferry.Model" ""
  WriteRegStr HKCU "Software\Classes\.gguf\OpenWithProgids" "Modelferry.Model" ""
!macroend

!macro customUnInstall
  DeleteRegValue HKCU "Software\Classes\.safetensors\OpenWithProgids" "Modelferry.Model"
  DeleteRegValue HKCU "Software\Classes\.gguf\OpenWithProgids" "Modelferry.Model"
  DeleteRegKey HKCU "Software\Classes\Modelferry.Model"
!macroend
