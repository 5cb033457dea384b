{{ config(materialized='view') }}
{{ focus_view('1.4') }}
