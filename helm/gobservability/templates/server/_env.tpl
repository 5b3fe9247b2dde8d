{{/* What the server is told by its environment: secrets, and what must not be overridden by mistake. */}}
{{- define "gobs.server.env" -}}
{{- if ne .Values.database.mode "sqlite" -}}
- name: GOBS_SERVER__DATABASE
  valueFrom:
    secretKeyRef:
      name: {{ include "gobs.database.secret" . }}
      key: {{ include "gobs.database.key" . }}
{{ end -}}
- name: GOBS_SERVER__ACCESS__ADMIN_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ include "gobs.admin.secret" . }}
      key: password
{{- if .Values.discord.existingSecret }}
- name: DISCORD_WEBHOOK_URL
  valueFrom:
    secretKeyRef:
      name: {{ .Values.discord.existingSecret }}
      key: {{ .Values.discord.key }}
{{- end }}
{{- with .Values.server.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}
