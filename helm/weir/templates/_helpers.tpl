{{- define "weir.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{/* At most 50 letters: a StatefulSet puts a hash behind it, others of these objects a word, and 63 are allowed. */}}
{{- define "weir.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains (include "weir.name" .) .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "weir.name" .) | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "weir.selectorLabels" -}}
app.kubernetes.io/name: {{ include "weir.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: gateway
{{- end -}}

{{- define "weir.redisLabels" -}}
app.kubernetes.io/name: {{ include "weir.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: redis
{{- end -}}

{{- define "weir.testLabels" -}}
app.kubernetes.io/name: {{ include "weir.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: test
{{- end -}}

{{- define "weir.commonLabels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "weir.labels" -}}
{{ include "weir.selectorLabels" . }}
{{ include "weir.commonLabels" . }}
{{- end -}}

{{- define "weir.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "weir.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* The image of a part: its values, and the tag where they leave it empty. */}}
{{- define "weir.image" -}}
{{- $image := index . 0 -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $image.repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $image.repository (default (index . 1) $image.tag) -}}
{{- end -}}
{{- end -}}

{{/* Whether there are no settings at all: Weir runs over its sandbox then, on loopback. */}}
{{- define "weir.isSandbox" -}}
{{- if not (or .Values.config .Values.existingConfigSecret) -}}true{{- end -}}
{{- end -}}

{{/* The settings file. JSON is YAML, and says numbers the way they were written. */}}
{{- define "weir.settings" -}}
{{- $own := dict "dataDirectory" "/data" -}}
{{- if .Values.redis.enabled -}}
{{- $_ := set $own "redis" (dict "url" (printf "redis://:${WEIR_REDIS_PASSWORD}@%s-redis:6379" (include "weir.fullname" .))) -}}
{{- end -}}
{{- merge (dict) (deepCopy .Values.config) $own | toPrettyJson -}}
{{- end -}}

{{/* What Weir speaks at its port. */}}
{{- define "weir.scheme" -}}
{{- $server := default (dict) .Values.config.server -}}
{{- if .Values.service.scheme -}}{{ .Values.service.scheme }}{{- else if $server.tls -}}HTTPS{{- else -}}HTTP{{- end -}}
{{- end -}}

{{/* Whether `helm test` has anything to ask: no certificate is for the name of the Service. */}}
{{- define "weir.isTested" -}}
{{- $isAsked := or .Values.helmTest.url (eq (include "weir.scheme" .) "HTTP") -}}
{{- if and .Values.helmTest.enabled $isAsked (not (include "weir.isSandbox" .)) -}}true{{- end -}}
{{- end -}}

{{/* Whether replicas share anything, as far as the chart can see. */}}
{{- define "weir.isShared" -}}
{{- if or .Values.config.redis .Values.redis.enabled -}}true{{- end -}}
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

{{/* Most pods that there ever are outside an update. */}}
{{- define "weir.mostReplicas" -}}
{{- ternary .Values.autoscaling.maxReplicas .Values.replicaCount .Values.autoscaling.enabled | int -}}
{{- end -}}

{{/* A claim for each pod needs a StatefulSet; without claims nothing does. */}}
{{- define "weir.workload" -}}
{{- ternary "StatefulSet" "Deployment" .Values.persistence.enabled -}}
{{- end -}}

{{/*
How new pods of a Deployment take over: no more of them at the same time than may share the account's quota. A Deployment
does not count pods that are about to end: while one still drains, its successor has begun, and where new ones start first
so has the next one. minReadySeconds has no more than one drain at a time.
*/}}
{{- define "weir.strategy" -}}
{{- $replicas := int (include "weir.mostReplicas" .) -}}
{{- $isShared := or (include "weir.isShared" .) .Values.existingConfigSecret -}}
{{- $most := ternary 2 (add $replicas 2) (eq $replicas 1) -}}
{{- $hasRoom := and $isShared (le (int $most) (int (include "weir.maxReplicas" .))) -}}
{{- if and (eq $replicas 1) (not $hasRoom) -}}
# A quota that is not shared belongs to one process: the old one ends before the new one begins.
type: Recreate
{{- else -}}
type: RollingUpdate
rollingUpdate:
  {{- if $hasRoom }}
  maxUnavailable: 0
  maxSurge: 1
  {{- else }}
  # redis.maxReplicas leaves no room for new ones beside those that drain, or cannot be seen from here.
  maxUnavailable: 1
  maxSurge: 0
  {{- end }}
{{- end -}}
{{- end -}}
