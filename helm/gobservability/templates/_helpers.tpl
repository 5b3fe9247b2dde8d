{{- define "gobs.name" -}}
{{- default .Release.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "gobs.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else if or (contains .Chart.Name .Release.Name) .Values.nameOverride }}
{{- include "gobs.name" . }}
{{- else }}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* Labels of everything; the argument is a dict of root and component. */}}
{{- define "gobs.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/part-of: gobservability
{{ include "gobs.selector" . }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "gobs.selector" -}}
app.kubernetes.io/name: gobservability
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* What an agent is given, its workers included. */}}
{{- define "gobs.agentResources" -}}
{{- $given := deepCopy .Values.agent.resources }}
{{- $workers := int .Values.agent.workers }}
{{- if $workers }}
{{- range $what, $each := dict "requests" 24 "limits" 48 }}
{{- $part := get $given $what }}
{{- if and $part $part.memory }}
{{- if not (regexMatch "^[0-9]+Mi$" (toString $part.memory)) }}
{{- fail (printf "agent.resources.%s.memory: expected a number of Mi where agent.workers is set, got %v" $what $part.memory) }}
{{- end }}
{{- $_ := set $part "memory" (printf "%dMi" (add (trimSuffix "Mi" $part.memory | int) (mul $workers $each))) }}
{{- end }}
{{- end }}
{{- end }}
{{- toYaml $given }}
{{- end }}

{{/* An image; the argument is a dict of root and image. */}}
{{- define "gobs.image" -}}
{{- $repository := .image.repository }}
{{- with .root.Values.imageRegistry }}{{ $repository = printf "%s/%s" (trimSuffix "/" .) $repository }}{{ end }}
{{- if .image.digest }}
{{- printf "%s@%s" $repository .image.digest }}
{{- else }}
{{- printf "%s:%s" $repository (default .root.Chart.AppVersion .image.tag) }}
{{- end }}
{{- end }}

{{- define "gobs.agent.serviceAccount" -}}
{{- if .Values.agent.serviceAccount.create }}
{{- default (printf "%s-agent" (include "gobs.fullname" .)) .Values.agent.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.agent.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "gobs.server.serviceAccount" -}}
{{- if .Values.server.serviceAccount.create }}
{{- default (printf "%s-server" (include "gobs.fullname" .)) .Values.server.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.server.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* The service's name as agents call it, which its certificate must bear. */}}
{{- define "gobs.server.host" -}}
{{- printf "%s-server.%s.svc" (include "gobs.fullname" .) .Release.Namespace }}
{{- end }}

{{- define "gobs.tls.secret" -}}
{{- default (printf "%s-server-tls" (include "gobs.fullname" .)) .Values.tls.existingSecret }}
{{- end }}

{{- define "gobs.admin.secret" -}}
{{- default (printf "%s-admin" (include "gobs.fullname" .)) .Values.server.access.existingSecret }}
{{- end }}

{{- define "gobs.database.secret" -}}
{{- if eq .Values.database.mode "cloudnativepg" }}
{{- printf "%s-db-app" (include "gobs.fullname" .) }}
{{- else }}
{{- .Values.database.external.existingSecret }}
{{- end }}
{{- end }}

{{- define "gobs.database.key" -}}
{{- if eq .Values.database.mode "cloudnativepg" }}uri{{ else }}{{ .Values.database.external.key }}{{ end }}
{{- end }}

{{/* The audience of the agents' tokens: one for each release, so that a token for another is worth nothing here. */}}
{{- define "gobs.audience" -}}
{{- printf "gobservability:%s/%s" .Release.Namespace (include "gobs.fullname" .) }}
{{- end }}

{{/* Mistakes no schema can see, each with its mend. */}}
{{- define "gobs.check" -}}
{{- if and .Values.tls.existingSecret .Values.tls.certManager.enabled }}
{{- fail "tls.existingSecret and tls.certManager.enabled exclude each other: name a Secret, or let cert-manager make one" }}
{{- end }}
{{- if and .Values.tls.certManager.enabled (not .Values.tls.certManager.issuerRef.name) }}
{{- fail "tls.certManager.issuerRef.name is needed where tls.certManager.enabled is true" }}
{{- end }}
{{- if and (eq .Values.database.mode "external") (not .Values.database.external.existingSecret) }}
{{- fail "database.external.existingSecret is needed where database.mode is external: the name of a Secret with a postgres:// address" }}
{{- end }}
{{- if and .Values.server.serviceMonitor.enabled (not .Values.server.serviceMonitor.existingSecret) }}
{{- fail "server.serviceMonitor.existingSecret is needed where server.serviceMonitor.enabled is true: a Secret with an API token of the scope read:metrics" }}
{{- end }}
{{- if and .Values.server.httpRoute.enabled (not .Values.server.httpRoute.parentRefs) }}
{{- fail "server.httpRoute.parentRefs is needed where server.httpRoute.enabled is true: the gateway it belongs to" }}
{{- end }}
{{- end }}
