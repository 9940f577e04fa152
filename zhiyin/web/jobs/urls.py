"""Pages of background jobs."""

from django.urls import path

from zhiyin.web.jobs import views

app_name = "jobs"
urlpatterns = [
    path("jobs/", views.job_list, name="list"),
    path("jobs/running/", views.running, name="running"),
    path("jobs/<uuid:job_id>/card/", views.card, name="card"),
    path("jobs/<uuid:job_id>/file/", views.result_file, name="file"),
    path("jobs/<uuid:job_id>/cancel/", views.cancel, name="cancel"),
    path("jobs/<uuid:job_id>/retry/", views.retry, name="retry"),
]
