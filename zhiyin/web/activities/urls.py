"""Pages of tasks and follow-ups."""

from django.urls import path

from zhiyin.web.activities import views

app_name = "activities"
urlpatterns = [
    path("tasks/", views.task_list, name="tasks"),
    path("tasks/new/", views.create, name="create_task"),
    path("tasks/<uuid:task_id>/", views.change, name="task"),
    path("tasks/<uuid:task_id>/<slug:state>/", views.set_state, name="task_state"),
    path("customers/<uuid:customer_id>/follow-ups/", views.add_follow_up, name="add_follow_up"),
]
