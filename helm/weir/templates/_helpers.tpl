{{- define "weir.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "weir.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains (include "weir.name" .) .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "weir.name" .) | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "weir.selectorLabels" -}}
app.kubernetes.io/name: {{ include "weir.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "weir.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "weir.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "weir.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "weir.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "weir.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{/* The settings file. JSON is YAML, and says numbers the way they were written. */}}
{{- define "weir.settings" -}}
{{- merge (dict) .Values.config (dict "dataDirectory" "/data") | toPrettyJson -}}
{{- end -}}

{{/* Most processes that may share the Redis, 3 where the settings leave it out; 0 where the chart cannot see it. */}}
{{- define "weir.maxReplicas" -}}
{{- $redis := default (dict) .Values.config.redis -}}
{{- if or .Values.existingConfigSecret (kindIs "string" $redis.maxReplicas) -}}
0
{{- else -}}
{{- default 3 $redis.maxReplicas | int -}}
{{- end -}}
{{- end -}}

{{/* How new pods take over: no more of them at the same time than may share the account's quota. */}}
{{- define "weir.strategy" -}}
{{- $replicas := int .Values.replicaCount -}}
{{- $isShared := or .Values.config.redis .Values.existingConfigSecret -}}
{{- $hasRoom := and $isShared (lt $replicas (int (include "weir.maxReplicas" .))) -}}
{{- if or .Values.persistence.enabled (and (eq $replicas 1) (not $hasRoom)) -}}
# A data directory belongs to one process, and so does a quota that is not shared: the old one ends before the new one
# begins.
type: Recreate
{{- else -}}
type: RollingUpdate
rollingUpdate:
  {{- if $hasRoom }}
  maxUnavailable: 0
  maxSurge: 1
  {{- else }}
  # redis.maxReplicas leaves no room for one more, or cannot be seen from here.
  maxUnavailable: 1
  maxSurge: 0
  {{- end }}
{{- end -}}
{{- end -}}

{{/* Mistakes that no schema can tell, said before anything is installed instead of by a pod that does not start. */}}
{{- define "weir.refuseMistakes" -}}
{{- $shared := .Values.config.redis -}}
{{- $maxReplicas := int (include "weir.maxReplicas" .) -}}
{{- if .Values.existingConfigSecret -}}
{{- if .Values.config -}}
{{- fail "set either config or existingConfigSecret, not both" -}}
{{- end -}}
{{- else -}}
{{- if not .Values.config.accounts -}}
{{- fail "config.accounts is empty: name at least one account, or set existingConfigSecret" -}}
{{- end -}}
{{- $access := default (dict) .Values.config.access -}}
{{- if not (or $access.keys (eq (default "" $access.mode) "open")) -}}
{{- fail "config.access names no keys: list them, or write out mode: open to let anybody ask" -}}
{{- end -}}
{{- if and (gt (int .Values.replicaCount) 1) (not $shared) -}}
{{- fail "replicaCount above 1 needs config.redis: the replicas share quotas and duties through it" -}}
{{- end -}}
{{- if and $maxReplicas (gt (int .Values.replicaCount) $maxReplicas) -}}
{{- fail (printf "replicaCount %d is above config.redis.maxReplicas (%d): raise that, by one more for rolling updates" (int .Values.replicaCount) $maxReplicas) -}}
{{- end -}}
{{- end -}}
{{- if and (gt (int .Values.replicaCount) 1) .Values.persistence.enabled -}}
{{- fail "persistence needs replicaCount 1: a data directory belongs to one process" -}}
{{- end -}}
{{- end -}}
