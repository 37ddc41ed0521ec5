{{/* The pod of the gateway, in a Deployment or a StatefulSet. */}}
{{- define "weir.podTemplate" -}}
{{- $isSandbox := include "weir.isSandbox" . -}}
metadata:
  labels:
    {{- include "weir.selectorLabels" . | nindent 4 }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    # New settings, new pods.
    checksum/settings: {{ include "weir.settings" . | sha256sum }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "weir.serviceAccountName" . }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  # Weir ends within 25 s of its signal, server.drainSeconds included.
  terminationGracePeriodSeconds: 30
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . | quote }}
    {{- end }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . | quote }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    # A volume of many answers is not walked through at every start.
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile:
      type: RuntimeDefault
  containers:
    - name: weir
      image: {{ include "weir.image" (list .Values.image .Chart.AppVersion) | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      env:
        {{- if $isSandbox }}
        # No settings: Weir runs over its sandbox. It is open to whoever reaches it, so nobody but this pod does.
        - name: WEIR_CONFIG
          value: ""
        - name: HOST
          value: "127.0.0.1"
        {{- else }}
        - name: WEIR_CONFIG
          value: /etc/weir/weir.yaml
        - name: HOST
          value: {{ .Values.host | quote }}
        {{- end }}
        - name: PORT
          value: "4000"
        {{- range $name, $value := .Values.environment }}
        - name: {{ $name }}
          value: {{ $value | quote }}
        {{- end }}
        {{- if .Values.redis.enabled }}
        - name: WEIR_REDIS_PASSWORD
          valueFrom:
            secretKeyRef:
              name: {{ .Values.redis.passwordSecret.name | quote }}
              key: {{ .Values.redis.passwordSecret.key | quote }}
        {{- end }}
      {{- if or .Values.environmentFromSecrets .Values.externalSecret.enabled }}
      envFrom:
        {{- range .Values.environmentFromSecrets }}
        - secretRef:
            name: {{ . | quote }}
        {{- end }}
        {{- if .Values.externalSecret.enabled }}
        - secretRef:
            name: {{ include "weir.fullname" . }}-external
        {{- end }}
      {{- end }}
      ports:
        - name: http
          containerPort: 4000
          protocol: TCP
      {{- include "weir.probes" . | nindent 6 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: [ALL]
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      volumeMounts:
        {{- if not $isSandbox }}
        - name: settings
          mountPath: /etc/weir
          readOnly: true
        {{- end }}
        - name: data
          mountPath: /data
        - name: tmp
          mountPath: /tmp
        {{- with .Values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    {{- if .Values.existingConfigSecret }}
    - name: settings
      secret:
        secretName: {{ .Values.existingConfigSecret | quote }}
        items:
          - key: weir.yaml
            path: weir.yaml
    {{- else if not $isSandbox }}
    - name: settings
      configMap:
        name: {{ include "weir.fullname" . }}
    {{- end }}
    {{- if .Values.persistence.existingClaim }}
    - name: data
      persistentVolumeClaim:
        claimName: {{ .Values.persistence.existingClaim | quote }}
    {{- else if not .Values.persistence.enabled }}
    - name: data
      emptyDir:
        sizeLimit: {{ .Values.ephemeralStorageLimit | quote }}
    {{- end }}
    - name: tmp
      emptyDir:
        sizeLimit: 64Mi
    {{- with .Values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with include "weir.topologySpread" . | trim }}
  topologySpreadConstraints:
    {{- . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/* Asked over the pod's address; over the sandbox, which listens on loopback, from inside. */}}
{{- define "weir.probes" -}}
startupProbe:
  {{- include "weir.probe" (list . "/healthz") | nindent 2 }}
  periodSeconds: {{ ternary 5 1 (eq (include "weir.isSandbox" .) "true") }}
  timeoutSeconds: 3
  failureThreshold: {{ ternary 12 60 (eq (include "weir.isSandbox" .) "true") }}
livenessProbe:
  {{- include "weir.probe" (list . "/healthz") | nindent 2 }}
  periodSeconds: 10
  timeoutSeconds: 3
  failureThreshold: 3
readinessProbe:
  {{- include "weir.probe" (list . "/readyz") | nindent 2 }}
  periodSeconds: 5
  timeoutSeconds: 3
  failureThreshold: 2
{{- end -}}

{{- define "weir.probe" -}}
{{- $path := index . 1 -}}
{{- with index . 0 -}}
{{- if include "weir.isSandbox" . -}}
exec:
  command:
    - node
    - --eval
    - {{ printf "fetch('http://127.0.0.1:4000%s').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))" $path | quote }}
{{- else -}}
httpGet:
  path: {{ $path }}
  port: http
  scheme: {{ include "weir.scheme" . }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "weir.topologySpread" -}}
{{- $root := . -}}
{{- range $key, $when := dict "topology.kubernetes.io/zone" .Values.topologySpread.zones "kubernetes.io/hostname" .Values.topologySpread.nodes }}
{{- if ne $when "Off" }}
- topologyKey: {{ $key }}
  maxSkew: 1
  whenUnsatisfiable: {{ $when }}
  labelSelector:
    matchLabels:
      {{- include "weir.selectorLabels" $root | nindent 6 }}
  {{- if eq (include "weir.workload" $root) "Deployment" }}
  # Of the same version: those that are about to go do not count.
  matchLabelKeys: [pod-template-hash]
  {{- end }}
{{- end }}
{{- end }}
{{- with .Values.topologySpreadConstraints }}
{{ toYaml . }}
{{- end }}
{{- end -}}
